-- What the README shows, without what is still to come (sweep, events).
return {
  title = "Fireflies on a small world learn to flash together",
  swarm = { size = 1000, topology = { kind = "small-world", degree = 8, rewire = 0.1 } },
  model = { kind = "kuramoto", coupling = 2.0, frequency = { distribution = "lorentz", width = 0.5 } },
  time  = { step = 0.01, duration = 60 },
  stop  = { coherence = 0.95, hold = 2 },
  record = { every = 0.1 },
}
