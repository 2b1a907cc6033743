-- Sends the request in a file with the next token each time, and prints what wrk measured as JSON.
-- The file: header lines, an empty line, then one token a line. %TOKEN% stands for the token.
local before, after, tokens, at = "", "", {}, 0

function init(args)
  local headers, inHeaders = {}, true
  for line in io.lines(args[1]) do
    if line == "" then inHeaders = false
    elseif inHeaders then
      local name, value = line:match("^([^:]+): (.*)$")
      -- wrk adds a Host of its own unless it finds one spelt like this.
      headers[name == "host" and "Host" or name] = value
    else tokens[#tokens + 1] = line end
  end
  local whole = wrk.format("GET", args[2], headers)
  local from, to = whole:find("%TOKEN%", 1, true)
  if from == nil then before = whole; tokens = { "" }
  else before = whole:sub(1, from - 1); after = whole:sub(to + 1) end
end

function request()
  at = at % #tokens + 1
  return before .. tokens[at] .. after
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\nJSON{"requests":%d,"seconds":%.6f,"p50Ms":%.3f,"p99Ms":%.3f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, e.status, e.connect + e.read + e.write + e.timeout))
end
