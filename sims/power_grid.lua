-- A power grid loses a line, falls apart, and does not come back when the line does.
--
-- The swing equation: M theta'' + D theta' = P + K sum sin(theta_j - theta_i), over the lines of each station.
-- Eight generators (P = 1.5) feed twelve consumers (P = -1); a line carries at most K = 2.95 (Filatrella,
-- Nielsen and Pedersen, Eur. Phys. J. B 61 (2008) 485). In step, all turn alike, and what flows over a line is
-- K sin(phase difference).
--
--   t = 10  Line 10-15 trips. Stations 10 and 19 make 3 together, and the one line that is left to them, 3-19,
--           carries 2.95: there is no working point any more. They slip out of step and race ahead, at nearly
--           P / D = 5 rad/s; the others, short of power, fall behind. Coherence beats at the difference.
--   t = 30  The line is closed again, and nothing comes back. In step there is room enough; but those that pass
--           each other at 5 rad/s pull each other forth and back alike. With inertia, being in step and being
--           out of it exist side by side. (Closed at t = 16 it would still have been in time, at t = 18 not.)
--   t = 40  The two stations are throttled. They slow down and are caught.
--   t = 60  Full power again: the grid holds.
--
-- How this grid was found, by a program: 20 places from the sequence R2 (frac(0.5 + j 0.75487...),
-- frac(0.5 + j 0.56984...), j = 1 .. 20), joined by their shortest tree and then by the shortest further pairs,
-- 30 lines in all; generators drawn 300 times. 34 of these grids come to rest at K = 2.95. 31 of them survive
-- the loss of any one line that leaves everybody connected (engineers call it n - 1); this one survives 27 of
-- 29, and the other two are the two lines of stations 10 and 19. Try:
--
--   cut = { 3, 12 }                     -- an ordinary loss: it swings and settles
--   { at = 16, link = { 10, 15 } }      -- in time
--   --set time.duration=29              -- as it falls apart; phases.png shows who is where
--   --set record.every=0.02             -- every swing in series.csv; look at frequency_spread, too
local power = {}
for i = 1, 20 do power[i] = -1 end
for _, station in ipairs { 2, 3, 7, 10, 11, 13, 17, 19 } do
  power[station + 1] = 1.5 -- oscillators count from 0
end

return {
  title = "A line trips at t = 10 s, and the grid does not come back with it",
  swarm = { size = 20, topology = { kind = "edge-list", file = "power_grid.edges" } },
  model = {
    kind = "swing",
    coupling = 2.95,
    inertia = { distribution = "constant", value = 1 },
    damping = { distribution = "constant", value = 0.3 },
    power = { distribution = "list", values = power },
    phase = { distribution = "constant", value = 0 },
  },
  time = { step = 0.01, duration = 80 },
  record = { every = 0.1 },
  events = {
    { at = 10, cut = { 10, 15 } },
    { at = 30, link = { 10, 15 } },
    { at = 40, power = { { 10, 0 }, { 19, 0 } } },
    { at = 60, power = { { 10, 1.5 }, { 19, 1.5 } } },
  },
}
