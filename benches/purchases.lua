-- A purchase with an id of its own for a random customer, as wrk sends it.
local customers = tonumber(os.getenv("CUSTOMERS") or "10000")
local run = os.getenv("RUN") or "0"
local number = 0

function init()
  math.randomseed(42)
end

function request()
  number = number + 1
  local body = string.format(
    '{"id":"load-%s-%d","customer":"c-%d","lines":[{"sku":"SH-1","quantity":1,"unit_price":"49.90","category":"shoes"}]}',
    run, number, math.random(customers))
  return wrk.format("POST", "/v1/purchases", { ["content-type"] = "application/json" }, body)
end

function done(summary, latency, requests)
  io.write(string.format("RESULT %.0f %.0f %.0f %d\n", summary.requests / (summary.duration / 1e6),
    latency:percentile(50), latency:percentile(99),
    summary.errors.status + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
