-- A script for wrk: POST one of eight histories of 3 to 24 events in turn (12 events are about 700
-- bytes), the same bytes to every server.  The event names are those of bench-prepare's models.
-- The models lack the fields "value" and "source", as they lack some fields of real events.
local counts = {3, 6, 9, 12, 12, 15, 18, 24}
local seed = 12345

local function draw(below)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return math.floor(seed / 65536) % below
end

local requests, turn = {}, 0
function init()
  for i, count in ipairs(counts) do
    local events = {}
    for j = 1, count do
      events[j] = string.format('{"time":%d,"event":"e%d","value":%.4f,"source":"a%02d"}',
                                1700000000 + j * 37, draw(64), draw(10000) / 10000, draw(100))
    end
    local body = string.format('{"id":"INC-%06d","events":[%s]}', draw(32768), table.concat(events, ","))
    requests[i] = wrk.format("POST", "/predict", {["Content-Type"] = "application/json"}, body)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

-- Prints "RESULT requests/s p50_us p99_us errors requests".
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %.0f %.0f %.0f %d %d\n", summary.requests / (summary.duration / 1e6),
           latency:percentile(50), latency:percentile(99),
           errors.status + errors.connect + errors.read + errors.write + errors.timeout,
           summary.requests))
end
