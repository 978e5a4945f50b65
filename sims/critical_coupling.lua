-- How strong must the coupling be, and how does that change with the size?
--
-- Everybody hears everybody; the natural frequencies of N oscillators stand evenly between -1 and 1
-- rad/s. Below a coupling K_L somebody always slips; from it on all go at one speed. For every N theory
-- knows K_L exactly (Pazo 2005):
--
--     K_L = min over u >= max|omega| of   u / ( (1/N) sum_j sqrt(1 - (omega_j / u)^2) )
--
-- and for N without end it is Kuramoto's K_c = 2 / (pi g(0)) = 4 / pi, which it nears as K_c - K_L ~
-- N^(-3/2).
--
-- This is a script: it runs a swarm, looks whether it stayed locked, and chooses the next coupling from
-- that, until it knows the threshold well enough to tell it from K_c. Each size begins where the one
-- before it ended.
--
--   entrain run sims/critical_coupling.lua
--   entrain run sims/critical_coupling.lua --set script.largest=1024         some minutes
--   entrain plot out/critical_coupling-1                 critical_coupling.png, critical_distance.png
--   entrain run sims/critical_coupling.lua --resume      after Ctrl-C: what was run is not run again
local largest = given.largest or 256

local function frequency_of(size)
  return function(i) return -1 + (2 * i - 1) / size end
end

-- The bracket, as it is for this N: a sum of N terms, so a search for its minimum costs nothing beside a run.
local function theory(size)
  local frequency = frequency_of(size)
  local function coupling(u)
    local sum = 0
    for i = 1, size do
      local x = frequency(i) / u
      sum = sum + math.sqrt(math.max(0, 1 - x * x))
    end
    return u * size / sum
  end
  local low, high = frequency(size), 2 * frequency(size)
  local golden = (math.sqrt(5) - 1) / 2
  for _ = 1, 60 do
    local a, b = high - golden * (high - low), low + golden * (high - low)
    if coupling(a) < coupling(b) then high = b else low = a end
  end
  return coupling((low + high) / 2)
end

-- K_L and K_c part by about 0.7 N^(-3/2): a fiftieth of that is seen.
local function tolerance_of(size) return 0.014 / (size * math.sqrt(size)) end

-- Near the threshold a slip takes its time, about 2 pi / sqrt(2 (K_L - K)), and both halves of a run are
-- to see one.
local function duration_of(size) return 8 * math.pi / math.sqrt(2 * tolerance_of(size)) end

local function locks(size, coupling)
  local r = simulate {
    title = string.format("%d oscillators at K = %.5f", size, coupling),
    swarm = { size = size, topology = { kind = "complete" } },
    model = { kind = "kuramoto", coupling = coupling, frequency = frequency_of(size), phase = 0 },
    time = { step = 0.05, duration = duration_of(size) },
    record = { every = 1 },
    exec = { transport = "publish" },
  }
  if r.failed then error(r.failed) end
  return r.locked, r.coherence_final
end

local rows = csv("critical_coupling.csv", { "size", "threshold", "theory" })
local distances = csv("critical_distance.csv", { "size", "distance", "theory" })
local limit, gaps = 4 / math.pi, {}
print(string.format("%6s %11s %11s %13s %13s %5s", "size", "measured", "theory", "4/pi - meas.",
  "4/pi - K_L", "runs"))

local size, near = 2, 0.9
while size <= largest do
  -- A pair of couplings that the threshold lies between, as narrow as the last size lets us hope.
  local width, runs = math.max(0.5 / size, 4 * tolerance_of(size)), 2
  local low, high = near, near + width
  while locks(size, low) do low, high, runs = low - width, low, runs + 1 end
  while not locks(size, high) do low, high, runs = high, high + width, runs + 1 end
  while high - low > tolerance_of(size) do
    local middle = (low + high) / 2
    if locks(size, middle) then high = middle else low = middle end
    runs = runs + 1
  end
  near = (low + high) / 2
  local expected = theory(size)
  rows:row(size, near, expected)
  distances:row(size, limit - near, limit - expected)
  print(string.format("%6d %11.7f %11.7f %13.3e %13.3e %5d", size, near, expected, limit - near,
    limit - expected, runs))
  gaps[#gaps + 1] = { size = size, gap = limit - near }
  size = size * 2
end
local last, before = gaps[#gaps], gaps[#gaps - 2]
if before then
  print(string.format("From N = %d to %d, 4/pi - K_L falls as N^%.3f, in theory as N^-1.5.", before.size,
    last.size, math.log(last.gap / before.gap) / math.log(last.size / before.size)))
end
