-- How large a swarm does this machine hold at ten ticks a second?
--
-- A script that asks the machine itself: it doubles the swarm until a tick takes longer than a tenth of a
-- second (or memory would run out), and then halves the gap between what went and what did not, until
-- that is 5 % wide. The clock on the wall decides here, so this is the one file of which two machines, or
-- one machine on two days, do not say the same.
--
--   entrain run sims/capacity.lua
--   entrain run sims/capacity.lua --set script.rate=60 --set script.topology=complete
--   entrain run sims/capacity.lua --set script.memory=8e9       use no more than 8 GB
local rate = given.rate or 10 -- ticks a second
local topology = given.topology or "small-world"
local start = given.start or 50000
local limit = 16777215 -- what one swarm can hold
-- A process that needs all memory pushes out others, and swapping would be measured in place of the swarm.
local memory = given.memory or 0.7 * (machine.memory_bytes or 4e9)

local ticks = 20
local per_agent = 0 -- bytes, of the largest swarm so far
local seen = {} -- what was measured, for the files
print(string.format("At least %g ticks a second, at most %.1f GB, %d cpus, %s", rate, memory / 1e9,
  machine.cpus, topology))
print(string.format("%10s %12s %10s %9s", "size", "ticks/s", "memory", "bytes/agent"))

-- True: fast enough. False and why: not.
local function holds(size)
  if per_agent * size > memory then
    return false, string.format("%d agents would need about %.1f GB", size, per_agent * size / 1e9)
  end
  local r
  for try = 1, 3 do -- a machine that does something else for a moment is no slower
    local one = simulate({
      title = "Capacity",
      seed = try,
      swarm = { size = size, topology = { kind = topology, degree = topology ~= "complete" and 8 or nil } },
      model = { kind = "kuramoto", coupling = 2 },
      time = { step = 0.01, duration = ticks * 0.01 },
      record = { every = ticks * 0.01 },
      exec = { transport = "publish" },
    }, { workers = machine.cpus, timeout = 300 })
    if one.failed then
      print(string.format("%10d %12s   %s", size, "failed", one.failed))
      return false, one.failed
    end
    r = (r and r.ticks_per_s > one.ticks_per_s) and r or one
    if r.ticks_per_s >= rate then break end
  end
  per_agent = r.resident_bytes / size
  seen[#seen + 1] = { size = size, ticks_per_s = r.ticks_per_s, bytes_per_agent = per_agent }
  print(string.format("%10d %12.1f %7.2f GB %9.0f", size, r.ticks_per_s, r.resident_bytes / 1e9, per_agent))
  return r.ticks_per_s >= rate, "the clock"
end

local good, bad, why = 0, nil, nil
local size = start
while not bad and good < limit do
  local held, reason = holds(size)
  if held then
    good, size = size, math.min(2 * size, limit)
  else
    bad, why = size, reason
  end
end
while bad and bad - good > math.max(0.05 * good, 16) do
  local middle = (good + bad) // 2
  local held, reason = holds(middle)
  if held then good = middle else bad, why = middle, reason end
end

table.sort(seen, function(a, b) return a.size < b.size end)
local speeds = csv("capacity.csv", { "size", "ticks_per_s" })
local bytes = csv("capacity_memory.csv", { "size", "bytes_per_agent" })
for _, row in ipairs(seen) do
  speeds:row(row)
  bytes:row(row)
end

if good == 0 then
  print(string.format("Not even %d agents (%s).", bad, why))
elseif not bad then
  print(string.format("%d agents, the most that one swarm can have, and it is fast enough.", good))
else
  print(string.format("About %d agents at %g ticks a second; what ends it: %s.", good, rate, why))
end
