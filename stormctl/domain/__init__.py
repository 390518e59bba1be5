"""The words and rules of a storm: pure, without I/O and without a clock of its own."""
