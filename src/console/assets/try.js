// A basket grows without a trip to the server.

const add = document.getElementById("add-line");
add.hidden = false;
add.addEventListener("click", () => {
  const rows = document.querySelector("#lines tbody");
  const row = rows.lastElementChild.cloneNode(true);
  for (const input of row.querySelectorAll("input")) input.value = input.name === "quantity" ? "1" : "";
  rows.append(row);
  row.querySelector("input").focus();
});
