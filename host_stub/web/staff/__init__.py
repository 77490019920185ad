"""What the rooms of resellers and of the operator share: the frame, forms, the template studio."""
