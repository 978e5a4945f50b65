#!/usr/bin/env entrain
-- A program that writes its scenario: lists, a torus, a file beside it, everything of exec.
local values = {}
for i = 1, 12 do values[i] = math.sin(i) + math.random() end
return {
  seed = 7,
  swarm = { size = 12, topology = { kind = "torus", rows = 3, columns = 4, directed = false, weight = { low = 0.5, high = 2 }, delay = { low = 0.25, high = 3 } } },
  model = {
    coupling = 1, lag = math.pi / 8, normalise = "heard", past = "turning",
    gain = function(i) return 1 + math.random() / i end,
    frequency = { distribution = "list", values = values, jitter = 0.25 },
    phase = { distribution = "twisted", winding = -2 },
  },
  time = { step = 1 / 128, duration = 1e3, integrator = "heun" },
  stop = { coherence = 0.2, below = true },
  record = { every = 0.001 },
  exec = { transport = "mailbox", policy = "static", workers = 3, pin = true, mailbox_capacity = 64, overflow = "shed-newest",
           simd = "sse2", layout = "shuffled", cohort = 64 },
}
