"""What there is to say: messages, their deadlines, and whether two texts say the same."""
