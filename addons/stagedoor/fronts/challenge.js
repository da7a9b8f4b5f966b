// Solves a challenge: in the page it starts a worker and shows how far that is; in the worker it
// calculates. What is asked for stands in marks/challenge.py.
"use strict";
(() => {
  const firstWord = async (subtle, text) => {
    const digest = await subtle.digest("SHA-256", new TextEncoder().encode(text));
    return new DataView(digest).getUint32(0);
  };

  // SHA-256 (FIPS 180-4) of a short text, for sites without https: there browsers have no WebCrypto.
  const roots = (count, root) => {
    const found = [];
    for (let n = 2; found.length < count; n += 1) {
      let prime = true;
      for (let d = 2; d * d <= n; d += 1) if (n % d === 0) prime = false;
      if (prime) {
        const value = root(n);
        found.push(((value - Math.floor(value)) * 4294967296) | 0);
      }
    }
    return found;
  };
  const START = roots(8, Math.sqrt);
  const K = roots(64, Math.cbrt);
  const w = new Int32Array(64);
  const turn = (x, n) => (x >>> n) | (x << (32 - n));
  const ownFirstWord = (text) => {
    const bits = text.length * 8;
    const blocks = ((text.length + 8) >> 6) + 1;
    const padded = new Uint8Array(blocks * 64);
    for (let i = 0; i < text.length; i += 1) padded[i] = text.charCodeAt(i);
    padded[text.length] = 128;
    const view = new DataView(padded.buffer);
    view.setUint32(padded.length - 4, bits);
    const h = START.slice();
    for (let block = 0; block < blocks; block += 1) {
      for (let i = 0; i < 16; i += 1) w[i] = view.getInt32(block * 64 + i * 4);
      for (let i = 16; i < 64; i += 1) {
        const a = w[i - 15];
        const b = w[i - 2];
        w[i] = (w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) +
          w[i - 7] + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10))) | 0;
      }
      let [a, b, c, d, e, f, g, k] = h;
      for (let i = 0; i < 64; i += 1) {
        const one = (k + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) +
          ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
        const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        k = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
      }
      [a, b, c, d, e, f, g, k].forEach((value, i) => { h[i] = (h[i] + value) | 0; });
    }
    return h[0] >>> 0;
  };

  const BATCH = 64;
  const solve = async (task, report) => {
    const subtle = globalThis.crypto && globalThis.crypto.subtle;
    const limit = 2 ** (32 - task.zeros);
    const answer = [];
    for (let part = 0; part < task.parts; part += 1) {
      for (let from = 0; answer.length === part; from += BATCH) {
        const numbers = Array.from({ length: BATCH }, (_, i) => from + i);
        const texts = numbers.map((n) => `${task.challenge}.${part}.${n}`);
        const words = subtle
          ? await Promise.all(texts.map((text) => firstWord(subtle, text)))
          : texts.map(ownFirstWord);
        const hit = words.findIndex((word) => word < limit);
        if (hit >= 0) answer.push(from + hit);
      }
      report(part + 1);
    }
    return answer.join(".");
  };

  if (typeof document === "undefined") {
    onmessage = async (event) => {
      const answer = await solve(event.data, (part) => postMessage({ part }));
      postMessage({ answer });
    };
    return;
  }

  const page = document.getElementById("challenge");
  const { dataset } = page;
  const status = document.getElementById("status");
  const bar = document.getElementById("bar");
  const say = (text) => { status.textContent = text; };
  const give_up = (text) => { bar.hidden = true; say(text); };

  // A browser that keeps no cookie would come back here for ever.
  const AGAIN = "stagedoor challenge";
  let last = 0;
  let keeps = navigator.cookieEnabled;
  try {
    last = Number(sessionStorage.getItem(AGAIN)) || 0;
  } catch {
    keeps = false;
  }
  if (!keeps || Date.now() - last < 15000) {
    const back = location.pathname !== dataset.action;
    give_up(keeps && !back ? dataset.failed : dataset.cookies);
    return;
  }
  let worker;
  try {
    worker = new Worker(dataset.script);
  } catch {
    give_up(dataset.failed);
    return;
  }
  bar.hidden = false;
  say(dataset.working);
  worker.onerror = () => give_up(dataset.failed);
  worker.onmessage = (event) => {
    if (event.data.part) {
      bar.value = event.data.part;
      return;
    }
    say(dataset.done);
    sessionStorage.setItem(AGAIN, String(Date.now()));
    const query = new URLSearchParams({ c: dataset.challenge, n: event.data.answer, to: dataset.to });
    location.replace(`${dataset.action}?${query}`);
  };
  worker.postMessage({
    challenge: dataset.challenge, zeros: Number(dataset.zeros), parts: Number(dataset.parts),
  });
})();
