// Walks the graph of a program's states: the reader chooses who takes the next step.
for (const box of document.querySelectorAll(".scheduler")) {
  const games = JSON.parse(box.querySelector("script").textContent);
  const make = (tag, to, text = "", options = {}) => {
    const made = Object.assign(document.createElement(tag), { textContent: text }, options);
    to.append(made);
    return made;
  };
  const board = document.createElement("div");
  board.className = "board";
  box.insertBefore(board, box.querySelector("details"));
  const group = name => make("div", board, "", { role: "group", ariaLabel: name });
  const choice = group("Программа"), movers = group("Чей следующий шаг?");
  choice.className = "choice", movers.className = "movers";
  const shared = make("dl", board), told = make("p", board, "", { role: "status" });
  const tools = group("Ходы"), log = make("ol", board);
  let game, path;
  const pick = index => {
    game = games[index];
    [...choice.children].forEach((button, i) => button.ariaPressed = i === index);
    restart();
  };
  const restart = () => {
    path = [{ at: 0 }];
    show(`${game.title}: ходите первым, кем хотите.`);
  };
  const go = ([actor, at, text]) => {
    const did = `${game.actors[actor][0]}: ${game.words[text] || "доходит до следующего действия"}`;
    path.push({ at, did });
    show(did + ".", actor);
  };
  const verdict = ([, , , hope, end]) => {
    if (!end) return hope || game.broken === "0" ? "" : " Отсюда программу уже не сломать: вернитесь на ход назад.";
    if (hope) return ` Вы сломали программу. ${game.words[end]}`;
    return game.broken === "0"
      ? ` Всё верно, и иначе не бывает: перебраны все порядки, их ${game.orders}, не ломает ни один.`
      : ` Всё верно: программа не сломалась. Ломают порядки: ${game.broken} из ${game.orders}.`;
  };
  const show = (text, focus) => {
    const state = game.states[path.at(-1).at], [stand, values, moves] = state;
    movers.replaceChildren();
    game.actors.forEach(([name, call], i) => {
      const [line, waits] = stand[i], move = moves.find(([actor]) => actor === i);
      const button = make("button", movers, "", { type: "button", onclick: () => move && go(move) });
      // A disabled button would lose the focus, and the reader its place.
      button.ariaDisabled = !move;
      make("b", button, name);
      if (line !== game.done) make("code", button, line ? game.code[line] : call);
      make("span", button, line === game.done ? "шагов больше нет" : waits ? game.words[waits] : line ? `строка ${line}` : "шагов ещё нет");
      if (i === focus) button.focus();
    });
    shared.replaceChildren();
    game.shared.forEach((name, i) => {
      const pair = make("div", shared);
      make("code", make("dt", pair), name);
      make("dd", pair, game.words[values[i]]);
    });
    log.replaceChildren(...path.slice(1).map(({ did }) => Object.assign(document.createElement("li"), { textContent: did })));
    told.textContent = text + verdict(state);
    told.className = state[4] ? state[3] ? "broken" : "sound" : "";
  };
  games.forEach((one, i) => make("button", choice, i ? "Исправленная" : "Сломанная", { type: "button", onclick: () => pick(i) }));
  make("button", tools, "Ход назад", { type: "button", onclick: () => path.length > 1 && (path.pop(), show("Вернулись на ход назад.")) });
  make("button", tools, "Сначала", { type: "button", onclick: restart });
  pick(0);
}
