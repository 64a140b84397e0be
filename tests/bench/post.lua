-- wrk: POST one of eight histories, 3 to 24 events (12 in the middle, some 700 bytes then), in turn.
local counts = {3, 6, 9, 12, 12, 15, 18, 24}
local names = {"deploy_started", "error_logged", "cpu_high", "config_changed", "customer_report",
               "dependency_timeout", "error_rate_high", "errors_cleared"}
local severities = {"info", "warning", "critical"}
local seed = 12345

local function draw(most)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return math.floor(seed / 65536) % most + 1
end

local requests, turn = {}, 0
function init()
  for i, count in ipairs(counts) do
    local events = {}
    for j = 1, count do
      events[j] = string.format('{"time":%d,"event":"%s","severity":"%s"}', 1700000000 + j * 37,
                                names[draw(#names)], severities[draw(#severities)])
    end
    local body = string.format('{"id":"INC-%06d","events":[%s]}', draw(32768), table.concat(events, ","))
    requests[i] = wrk.format("POST", "/predict", {["Content-Type"] = "application/json"}, body)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %.0f %.0f %.0f %d %d\n", summary.requests / (summary.duration / 1e6),
           latency:percentile(50), latency:percentile(99),
           errors.status + errors.connect + errors.read + errors.write + errors.timeout,
           summary.requests))
end
