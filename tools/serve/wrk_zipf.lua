-- Requests of the lines of a file, chosen by Zipf's law or one after another; a line of JSON at the end.
--   wrk ... -s wrk_zipf.lua URL -- FILE S [SEED [FIRST]]
-- FILE has one path with its query on each line, the most popular first. S is Zipf's exponent; 0 takes the lines in turn from FIRST, each once, for
-- whoever wants to hit no cache.
local paths, cdf, exponent, at = {}, {}, 1, 0
local threads = {}
local count = { ["2xx"] = 0, ["3xx"] = 0, ["400"] = 0, ["403"] = 0, ["404"] = 0, ["413"] = 0, ["429"] = 0, ["502"] = 0, ["503"] = 0, ["504"] = 0, other = 0 }
retry_after = 0

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  exponent = tonumber(args[2] or 1)
  math.randomseed(tonumber(args[3] or 1) * 1000 + number)
  at = tonumber(args[4] or 0)
  for line in io.lines(args[1]) do paths[#paths + 1] = line end
  local sum = 0
  if exponent > 0 then
    for i = 1, #paths do sum = sum + 1 / i ^ exponent; cdf[i] = sum end
    for i = 1, #paths do cdf[i] = cdf[i] / sum end
  end
  for name, _ in pairs(count) do _G["count_" .. name] = 0 end
end

function request()
  if exponent == 0 then
    at = at + 1
    return wrk.format("GET", paths[(at - 1) % #paths + 1])
  end
  local u, low, high = math.random(), 1, #paths
  while low < high do
    local middle = math.floor((low + high) / 2)
    if cdf[middle] < u then low = middle + 1 else high = middle end
  end
  return wrk.format("GET", paths[low])
end

function response(status, headers)
  local class = tostring(status)
  if status >= 200 and status < 300 then class = "2xx" elseif status >= 300 and status < 400 then class = "3xx" end
  if count[class] == nil then class = "other" end
  _G["count_" .. class] = _G["count_" .. class] + 1
  if (status == 429 or status == 503) and (headers["Retry-After"] or headers["retry-after"]) then retry_after = retry_after + 1 end
end

function done(summary, latency, requests)
  local statuses = {}
  for name, _ in pairs(count) do
    local sum = 0
    for _, thread in ipairs(threads) do sum = sum + (thread:get("count_" .. name) or 0) end
    if sum > 0 then statuses[#statuses + 1] = string.format('"%s": %d', name, sum) end
  end
  local retry = 0
  for _, thread in ipairs(threads) do retry = retry + (thread:get("retry_after") or 0) end
  local e = summary.errors
  io.write(string.format(
    'JSON {"requests": %d, "seconds": %.3f, "bytes": %d, "p50_ms": %.2f, "p90_ms": %.2f, "p99_ms": %.2f, "max_ms": %.2f, "socket_errors": %d, "timeouts": %d, "retry_after": %d, "status": {%s}}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1e3, latency:percentile(90) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, e.connect + e.read + e.write, e.timeout, retry, table.concat(statuses, ", ")))
end
