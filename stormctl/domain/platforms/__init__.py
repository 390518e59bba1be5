"""What each platform is: one record a platform, behind one lookup."""
