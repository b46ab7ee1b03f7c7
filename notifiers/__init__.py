"""One attempt to deliver one notification; failures are classified, never retried here."""
