"""The playground of a language model, without a browser and in one."""
