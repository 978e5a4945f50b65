-- How long does a swarm take to agree, from 50 agents to a million?
--
-- Equal oscillators that all hear each other, from phases at random. By chance they start with r about
-- 1/sqrt(N); what little there is grows as exp(K t / 2), so the time to r = 0.9 grows with the logarithm
-- of the size (Ott and Antonsen 2008, with N r^2 exponentially distributed at the start):
--
--     K T = ln N + 0.5772 + ln(0.81 / 0.19),   spread over swarms 1.2825
--
-- Ten times as many agents take ln 10 = 2.3 time units longer, whether from 100 to 1,000 or from 100,000
-- to a million.
--
-- This is a script: each size is a sweep of some swarms that differ by their seed, fewer where they are
-- large.
--
--   entrain run sims/size_ladder.lua                     a minute or two on two cpus
--   entrain run sims/size_ladder.lua --set script.largest=1e7 --set script.most=100
--   entrain run sims/size_ladder.lua --resume            after Ctrl-C: what was run is not run again
--   entrain plot out/size_ladder-1                       size_ladder.png: measured beside the law
local largest = given.largest or 1000000
local most = given.most or 40 -- swarms of one size
local coupling = 1

local function law(size) return math.log(size) + 0.5772156649 + math.log(0.81 / 0.19) end

local rows = csv("size_ladder.csv", { "size", "time", "time_se", "theory" })
local swarm_rows = csv("size_ladder_swarms.csv", { "size", "seed", "time" })
print(string.format("%9s %7s %18s %9s %12s", "size", "swarms", "K T measured", "K T law", "off by"))

for _, size in ipairs(logrange(50, largest, 1 + math.ceil(2 * math.log(largest / 50) / math.log(10)))) do
  local swarms = math.max(4, math.min(most, most * 20000 // size))
  local result = sweep {
    title = "Time to agree",
    swarm = { topology = { kind = "complete" } },
    model = { kind = "kuramoto", coupling = coupling, frequency = 0, phase = { distribution = "uniform" } },
    time = { step = 0.1, duration = 4 * law(size) / coupling },
    record = { every = 0.1 },
    stop = { coherence = 0.9 },
    exec = { transport = "publish" },
    sweep = { ["swarm.size"] = { size }, replicas = swarms },
  }
  local count, sum, squares = 0, 0, 0
  for _, r in ipairs(result) do
    if r.sync_time_s then
      local t = coupling * r.sync_time_s
      swarm_rows:row(size, r.seed, t)
      count, sum, squares = count + 1, sum + t, squares + t * t
    else
      print(size, "seed " .. r.seed, r.failed or "it never came to r = 0.9")
    end
  end
  local mean = sum / count
  local deviation = math.sqrt(math.max(0, squares / count - mean * mean) * count / math.max(1, count - 1))
  local error = deviation / math.sqrt(count)
  rows:row(size, mean, error, law(size))
  print(string.format("%9d %7d %9.3f +- %5.3f %9.3f %7.1f s.e.", size, count, mean, error, law(size),
    (mean - law(size)) / (1.2825 / math.sqrt(count))))
end
