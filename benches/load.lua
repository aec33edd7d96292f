-- A quote for a random customer of the made-up base, as wrk sends it.
local customers = tonumber(os.getenv("CUSTOMERS") or "10000")
local one = os.getenv("CUSTOMER")
local skus = { "SH-1", "SH-2", "SO-1", "CL-1", "CA-1" }
local thread = 0

function setup(t)
  t:set("seed", thread)
  thread = thread + 1
end

function init()
  math.randomseed(42 + seed)
end

function request()
  local customer = one or ("c-" .. math.random(customers))
  local body = string.format(
    '{"customer":"%s","lines":[{"sku":"%s","quantity":2,"unit_price":"49.90",'
      .. '"unit_cost":"21.00","category":"shoes","tags":["new"]},{"sku":"SO-1","quantity":1,"unit_price":"8.90",'
      .. '"category":"socks"}]}',
    customer, skus[math.random(#skus)])
  return wrk.format("POST", "/v1/quotes", { ["content-type"] = "application/json" }, body)
end

function done(summary, latency, requests)
  io.write(string.format("RESULT %.0f %.0f %.0f %d\n", summary.requests / (summary.duration / 1e6),
    latency:percentile(50), latency:percentile(99),
    summary.errors.status + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
