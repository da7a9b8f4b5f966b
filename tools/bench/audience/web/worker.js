// Keeps every song whole, and answers ranges out of what it keeps.
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (new URL(event.request.url).pathname.startsWith("/music/")) event.respondWith(kept(event.request));
});
async function kept(request) {
  const songs = await caches.open("songs");
  let whole = await songs.match(request.url);
  if (!whole) {
    whole = await fetch(request.url);
    if (whole.status !== 200) return whole;
    await songs.put(request.url, whole.clone());
  }
  const data = await whole.arrayBuffer();
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") || "");
  if (!range) return new Response(data, { headers: { "Content-Type": "audio/mpeg" } });
  const from = Number(range[1]), to = range[2] ? Number(range[2]) : data.byteLength - 1;
  return new Response(data.slice(from, to + 1), {
    status: 206,
    headers: { "Content-Type": "audio/mpeg", "Content-Range": `bytes ${from}-${to}/${data.byteLength}` },
  });
}
