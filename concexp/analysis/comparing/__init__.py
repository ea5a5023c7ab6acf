"""Several stored runs -> what differs between them: cells matched, the machine's yardsticks, ratios, steps and claims."""
