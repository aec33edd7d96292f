// A run that is not done yet: its progress as the server tells it, and the result once it is there.

const running = document.getElementById("running");
const progress = document.getElementById("progress");
const number = new Intl.NumberFormat(document.documentElement.lang);
const events = new EventSource(running.dataset.events);
events.addEventListener("progress", (event) => {
  const run = JSON.parse(event.data);
  if (run.total) progress.max = run.total;
  progress.value = run.done;
  document.getElementById("done").textContent = `${number.format(run.done)} / ${number.format(run.total)}`;
  document.getElementById("left").textContent = run.seconds_left === null ? "" : running.dataset.left.replace("{}", number.format(run.seconds_left));
});
events.addEventListener("end", () => {
  events.close();
  location.reload();
});
// One that was cancelled elsewhere ends without a word.
events.addEventListener("error", () => {
  events.close();
  setTimeout(() => location.reload(), 1000);
});
