"""`python -m revenium_mcp` starts the stdio front."""

from mcp_surface.front import main

if __name__ == "__main__":
    main()
