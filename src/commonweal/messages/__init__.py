"""What can be said: messages, their versions, their words in each language."""
