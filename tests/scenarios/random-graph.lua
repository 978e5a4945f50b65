return {
  swarm = { size = 50, topology = { kind = "erdos-renyi", probability = 0.25 } },
  model = { frequency = { distribution = "normal", sampling = "quantile", deviation = 0.1 },
            phase = { distribution = "constant", value = 1 } },
}
