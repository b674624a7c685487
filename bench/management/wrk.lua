-- What wrk sends. KIND is get, list or upload; IMAGES the path up to …/images; IDS a file with one
-- image id a line; JPEG a file whose 20 bytes at STAMP_AT (from 0) may be anything.
local kind, images = os.getenv("KIND"), os.getenv("IMAGES")
local headers = { authorization = "Bearer " .. string.rep("x", 40) }
local ids, head, tail, sent = {}, nil, nil, 0

function init()
   if kind == "get" then
      for id in io.lines(os.getenv("IDS")) do ids[#ids + 1] = id end
   elseif kind == "upload" then
      local jpeg = io.open(os.getenv("JPEG"), "rb"):read("*a")
      local at = tonumber(os.getenv("STAMP_AT"))
      headers["content-type"] = "multipart/form-data; boundary=boundary"
      head = '--boundary\r\ncontent-disposition: form-data; name="file"; filename="photo.jpg"\r\n'
         .. "content-type: image/jpeg\r\n\r\n" .. jpeg:sub(1, at)
      tail = jpeg:sub(at + 21) .. "\r\n--boundary--\r\n"
   end
end

function request()
   sent = sent + 1
   if kind == "get" then
      return wrk.format("GET", images .. "/v1/" .. ids[math.random(#ids)], headers)
   elseif kind == "list" then
      return wrk.format("GET", images .. "/v2?per_page=100", headers)
   end
   -- No two uploads are the same bytes: each is a blob of its own.
   local stamp = os.getenv("STAMP") .. string.format("%010d", sent)
   return wrk.format("POST", images .. "/v1", headers, head .. stamp .. tail)
end

function done(summary, latency)
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
   io.write(string.format("RESULT %f %f %f %d\n", summary.requests / summary.duration * 1e6,
      latency:percentile(50) / 1000, latency:percentile(99) / 1000, failed))
end
