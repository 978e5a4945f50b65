-- Twenty radios share one channel without a master. Time is cut into frames of one second, everybody may
-- send once in a frame, and nobody may send while another does: time-division multiple access, TDMA. Who
-- sends when?
--
-- DESYNC (Degesys, Rose, Patel and Nagpal, IPSN 2007): each radio sends a short beacon once a second (it
-- "fires") and listens. It remembers when it heard the last beacon before its own and waits for the first
-- one after; then it moves its next beacon towards the middle between those two,
--
--     next = own + T + alpha ((before + after) / 2 - own).
--
-- That is all, and from any start the beacons end evenly spread: gaps of T / 20. A radio's slot lasts from
-- the middle of the gap before its beacon to the middle of the gap after it; no two slots meet, and the
-- channel is never idle. When one falls silent, as number 7 does at t = 150, the others close the gap by
-- the same rule.
--
-- In the picture of phases the beacons of the nineteen stand on the circle like the marks of a clock: a
-- splay state, the opposite of synchrony. So coherence r falls to 0, and with it r_2 ... r_8 in series.csv;
-- r alone could not tell this from pairs that face each other; the Gini coefficient of the gaps, gap_gini,
-- can. It takes time of the order of N^2 frames: about 120 for 20 radios, 40 for 10 (--set swarm.size=10),
-- since news of a gap travels by one neighbour a frame.
--
-- The paper's alpha is 0.95: near 1 is quick for many radios. For few, what each knows of the one before it
-- is stale by the time that it moves, and alpha near 1 overshoots: with 5 radios 0.5 is three times quicker
-- (--set swarm.size=5 --set model.desync.alpha=0.5).
--
-- Every beacon is a message and has a time of its own, in virtual time; steps (time.step) only say when
-- samples may be taken.

return {
  title = "DESYNC: 20 radios spread their slots over a TDMA frame",
  swarm = { size = 20, topology = { kind = "complete" } },
  model = {
    kind = "desync",
    desync = { alpha = 0.95 },
    -- a frame of 1 s; all alike
    frequency = { distribution = "constant", value = 2 * math.pi },
    -- they are switched on within a third of a frame
    phase = { distribution = "uniform", low = 0, high = 2 },
  },
  time = { step = 0.01, duration = 300 },
  events = { { at = 150, stop = 7 } },
  record = { every = 0.25 },
}
