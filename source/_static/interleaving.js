// Steps through a recorded run by two buttons or the arrow keys; the listing's line lights up.
for (const box of document.querySelectorAll(".interleaving")) {
  const rows = [...box.querySelectorAll("tbody tr")];
  const pre = document.querySelector(`#${/of-(\S+)/.exec(box.className)[1]} pre`);
  const bar = document.createElement("div"), told = document.createElement("span");
  bar.className = "stepper";
  bar.role = "group";
  bar.ariaLabel = "По шагам";
  told.role = "status";
  told.textContent = `Шагов: ${rows.length}`;
  let at = -1;
  const light = row => {
    if (!pre) return;
    const number = row ? +/line-(\d+)/.exec(row.className)[1] - 1 : 0;
    const code = row?.querySelector("code").textContent;
    const lines = pre.textContent.split("\n").map(line => line.trim());
    const line = lines[number] === code ? number : lines.indexOf(code);
    const style = getComputedStyle(pre), height = parseFloat(style.lineHeight);
    const top = parseFloat(style.paddingTop) + line * height, end = top + height;
    const mark = "var(--color-highlight-on-target)";
    pre.style.background = line < 0 ? "" :
      `linear-gradient(#0000 ${top}px,${mark} ${top}px ${end}px,#0000 ${end}px)`;
  };
  const go = by => {
    at = Math.max(-1, Math.min(rows.length - 1, at + by));
    rows.forEach((row, i) => {
      row.classList.toggle("now", i === at);
      row.classList.toggle("later", at >= 0 && i > at);
    });
    light(rows[at]);
    told.textContent = at < 0 ? `Шагов: ${rows.length}` : `Шаг ${at + 1} из ${rows.length}`;
  };
  for (const [sign, name, by] of [["←", "Шаг назад", -1], ["→", "Шаг вперёд", 1]]) {
    const button = document.createElement("button");
    button.textContent = sign;
    button.ariaLabel = name;
    button.onclick = () => go(by);
    bar.append(button);
  }
  bar.append(told);
  bar.onkeydown = event => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) go(by), event.preventDefault();
  };
  box.prepend(bar);
}
