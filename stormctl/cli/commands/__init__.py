"""One module a group of commands: parse, call one use case, show."""
