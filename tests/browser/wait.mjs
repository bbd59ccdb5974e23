// Waits until an address answers, as long as a process lives.
const [url, process_id] = process.argv.slice(2);
const end = Date.now() + 180_000;
for (;;) {
  try {
    if ((await fetch(url)).ok) process.exit(0);
  } catch {
    // Not yet.
  }
  try {
    process.kill(Number(process_id), 0);
  } catch {
    console.error("the server ended before it answered");
    process.exit(1);
  }
  if (Date.now() > end) {
    console.error(`${url} does not answer`);
    process.exit(1);
  }
  await new Promise((done) => setTimeout(done, 200));
}
