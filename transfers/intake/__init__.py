"""What comes in from outside, before it is a case: answers, files, batches."""
