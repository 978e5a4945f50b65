-- Explosive synchronization: all at once on the way up, all at once on the way down, and not at the same place.
--
-- A star: one hub and 40 leaves, each linked to the hub alone. Everybody's natural frequency is its number of links:
-- 40 rad/s for the hub, 1 for a leaf. Where the fast ones are the ones with many links, nothing happens little by
-- little as the coupling K grows: the swarm jumps (Gomez-Gardenes, Gomez, Arenas and Moreno, Phys. Rev. Lett. 106
-- (2011) 128701). With L leaves and y the mean of sin(leaf - hub), the two states that there are, by the ansatz of Ott
-- and Antonsen, are known in full (Xu, Gao, Sun, Huang and Zheng, Scientific Reports 5 (2015) 12039):
--
--     in step:        y = -(L - 1) / (K (L + 1))                     exists from K = (L - 1) / (L + 1) = 0.951 on
--     leaves spread:  K (2 L + 1) y^2 + 2 (L - 1) y + K = 0          exists up to K = (L - 1) / sqrt(2 L + 1) = 4.333
--
-- Between the two both hold, and the past decides. So a sweep that begins anew at each value cannot show it; a ladder can:
-- one swarm, whose coupling is raised step by step and lowered again ("up,down"), and each step begins where the one
-- before it ended. Measured: incoherent up to 4.00, in step (r = 0.999) from 4.25 on; and on the way down in step until
-- 1.00, and from 0.75 on the hub runs ahead and the leaves drift apart, slowly (r = 0.75, then 0.55, 0.40).
--
-- The leaves begin evenly spread, and their frequencies differ by about 0.02 rad/s: were they all alike, those that were
-- ever in step would have no reason to part. From random phases (--set model.phase.distribution=uniform) the way up ends
-- sooner, between 2.75 and 3: the spread state only tolerates a disturbance, it does not mend it.
--
--   entrain sweep sims/explosive.lua -o out && entrain plot out    the loop, both ways
--   entrain run sims/explosive.lua                                 K = 2 from spread leaves: r = 0.07
--   entrain run sims/explosive.lua --set model.phase.distribution=constant     the same from leaves in step: r = 0.997
local leaves = 40
local frequency = { leaves }
for leaf = 2, leaves + 1 do
  frequency[leaf] = 1
end

return {
  title = "Explosive synchronization: a star of 40, up and down",
  swarm = { size = leaves + 1, topology = { kind = "star" } },
  model = {
    kind = "kuramoto",
    coupling = 2,
    normalise = "none", -- the hub hears 40 voices in full, a leaf hears one
    frequency = { distribution = "list", values = frequency, jitter = 0.02 },
    phase = { distribution = "twisted" },
  },
  time = { step = 0.005, duration = 40 }, -- of each step of the ladder
  record = { every = 0.1 },
  sweep = { ["model.coupling"] = range(0.25, 5.25, 0.25), order = "up,down" },
}
