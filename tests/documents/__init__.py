"""Documents made at test time: good ones and hostile ones."""
