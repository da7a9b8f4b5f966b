// A page reports to the site's log what came of it: /done?visitor=…&ok=1&said=…
const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
const report = (ok, said) =>
  fetch(`/done${location.search}&ok=${ok ? 1 : 0}&said=${encodeURIComponent(said)}`);
const song = (number) => `/music/${String(number).padStart(3, "0")}.mp3`;
const event = (target, name) =>
  new Promise((done, failed) => {
    target.addEventListener(name, done, { once: true });
    target.addEventListener("error", () => failed(new Error(`${name} did not come: ${target.error && target.error.message}`)), { once: true });
  });
const act = (play) =>
  addEventListener("load", () =>
    play().then((said) => report(true, said || ""), (error) => report(false, String(error))));
