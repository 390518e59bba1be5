"""Whose accounts the channels are: credentials to adapters, sign-in, and the questions before a launch."""
