local t = {} for k, v in pairs({ a = 1, [2] = 3 }) do t[#t + 1] = tostring(k):rep(3) end table.sort(t)
return { title = table.concat(t, " "):gsub("%w", "%0"), swarm = { size = #range(1, 10, 2) } }