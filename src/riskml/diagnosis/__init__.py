"""What `riskml doctor` finds: packages, fonts, Java, places to write and settings of the machine, without a network."""
