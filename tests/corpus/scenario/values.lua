local turn = 0
return { swarm = { size = 6, topology = { kind = "ring", weight = -1 } }, model = {
  frequency = function(i) turn = turn + i return turn / 4 end, gain = { 1, 2, 3, 4, 5, 6 },
  phase = { distribution = "list", values = math.cos, jitter = 0.1 } } }model.phase=splaymodel.gain=[1,2,3,4,5,6]