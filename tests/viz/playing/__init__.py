"""The playground, without a browser and in one."""
