"""Case files and agent files in every form."""
