"use strict";
const TEXTS = {};

// Between the tools of the search, which this changes, and its index, with which the search begins.
{
  // Excerpts come from scripts, one for each page: a browser refuses to fetch pages from disk.
  const load = ([name]) =>
    new Promise((ended) => {
      const script = document.createElement("script");
      script.src = `_static/texts/${name}.js`;
      script.onload = script.onerror = ended;
      document.head.append(script);
    });
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

  // Sphinx would cut words and mark only the form that was typed.
  const excerpt = (name, stems) => {
    const summary = document.createElement("p");
    summary.className = "context";
    const text = TEXTS[name] ?? "";
    // The stems have no ё.
    const plain = text.toLowerCase().replaceAll("ё", "е");
    const forms = (stem) => new RegExp(`(?<![\\p{L}\\p{N}_])${stem}[\\p{L}\\p{N}_]*`, "gu");
    const place = [...stems].map((stem) => plain.search(forms(stem))).findLast((at) => at >= 0) ?? 0;
    const start = place > 120 ? text.indexOf(" ", place - 120) + 1 : 0;
    const end = start + 260 < text.length ? text.lastIndexOf(" ", start + 260) : text.length;
    let at = start;
    for (const found of plain.slice(0, end).matchAll(forms(`(?:${[...stems].join("|")})`))) {
      if (found.index < at) continue;
      const mark = document.createElement("span");
      mark.className = "highlighted";
      mark.textContent = text.slice(found.index, found.index + found[0].length);
      summary.append(text.slice(at, found.index), mark);
      at = found.index + found[0].length;
    }
    summary.append(text.slice(at, end));
    if (start) summary.prepend("… ");
    if (end < text.length) summary.append(" …");
    return summary;
  };

  // Sphinx's Russian catalogue has no plural forms of this.
  const told = "Search finished, found one page matching the search query.";
  Documentation.TRANSLATIONS[told] = [
    "Найдена ${resultCount} страница.",
    "Найдены ${resultCount} страницы.",
    "Найдено ${resultCount} страниц.",
  ];

  // As `stems` in ranking.py: names with dots whole, too.
  const stemmer = new Stemmer();
  const tokens = (text, all = false) =>
    [...text.toLowerCase().replaceAll("ё", "е").matchAll(/[\p{L}\p{N}_]+(?:\.[\p{L}\p{N}_]+)*/gu)]
      .flatMap(([token]) => (token.includes(".") ? [token, ...token.split(".")] : [token]))
      .filter((word) => (all || !stopwords.has(word)) && !/^\d+$/.test(word))
      .map((word) => stemmer.stemWord(word));

  // Whether one letter more, less, other or two exchanged make the one word of the other.
  const isSlip = (one, other) => {
    let from = 0;
    while (from < one.length && one[from] === other[from]) from += 1;
    const [rest, others] = [one.slice(from), other.slice(from)];
    return (
      rest.slice(1) === others ||
      rest === others.slice(1) ||
      rest.slice(1) === others.slice(1) ||
      (rest.slice(2) === others.slice(2) && rest[0] === others[1] && rest[1] === others[0])
    );
  };

  // Words for which the index has something: [stem, share of its score].
  const known = (stem) => {
    const { alike, scores } = Search._index;
    const all = Object.keys(scores);
    const same = alike.find((family) => family.includes(stem)) ?? [stem];
    const longer = stem.length < 4 ? [] : all.filter((one) => one.startsWith(stem));
    const found = [...same.map((one) => [one, 0.5]), ...longer.map((one) => [one, stem in scores ? 0.3 : 0.7])]
      .map(([one, share]) => [one, one === stem ? 1 : share])
      .filter(([one]) => one in scores);
    if (found.length || stem.length < 4) return found;
    return all.filter((one) => one.length > 3 && isSlip(stem, one)).map((one) => [one, 0.6]);
  };

  // The terms that were typed in other words: [words typed, words of the term].
  const meanings = (line, strange) => {
    const typed = Object.entries(Search._index.synonyms).filter(
      ([phrase]) => line.includes(` ${phrase} `) || strange.some((one) => isSlip(one, phrase)),
    );
    // «Без гил» doesn't mean «гил».
    const part = ([phrase]) =>
      typed.some(([other]) => other !== phrase && ` ${other} `.includes(` ${phrase} `));
    return typed.filter((one) => !part(one)).map((one) => one.map((words) => words.split(" ")));
  };

  // Index entries all of whose words were typed, worth their share of what was typed.
  const entries = (had, length) =>
    Object.keys(Search._index.scores)
      .filter((key) => key.startsWith("=") && key.includes(" "))
      .map((key) => [key, key.slice(1).split(" ")])
      .filter(([, words]) => words.every((stem) => had.has(stem)))
      .map(([key, words]) => [key, Math.min(1, words.length / length)]);

  // What was typed as a list of things that a page may have, each in some words of the index.
  const things = (text) => {
    const { idle, scores } = Search._index;
    const [every, all] = [tokens(text, true), tokens(text)];
    const telling = all.filter((stem) => !idle.includes(stem));
    const typed = telling.length ? telling : all;
    const found = typed.map(known);
    const strange = typed.filter((stem, at) => stem.length > 3 && !found[at].length);
    const meant = meanings(` ${every.join(" ")} `, strange);
    const said = new Set(meant.flatMap(([phrase]) => phrase));
    const had = [...every, ...found.flat().map(([stem]) => stem), ...meant.flatMap(([, word]) => word)];
    return [
      // A whole entry means its page, and so it does among words that tell nothing.
      ...[every, ...(typed.length < every.length ? [typed] : []), ...meant.map(([, word]) => word)].map(
        (words) => [[`=${words.join(" ")}`, 1]],
      ),
      ...typed.map((stem, at) => (said.has(stem) && stem in scores ? [[stem, 0.5]] : found[at])),
      entries(new Set(had), typed.length),
      ...typed.slice(1).map((stem, at) => [[typed[at] + stem, 1]]),
      ...meant.flatMap(([, word]) => word.map((stem) => [[stem, 1]])),
    ].filter((words) => words.some(([stem]) => stem in scores));
  };

  // A page scores what it has to say, less for each thing on which it is silent.
  const rank = (wanted) => {
    const { scores } = Search._index;
    const [sums, had] = [new Map(), new Map()];
    let total = 0;
    for (const words of wanted) {
      const best = new Map();
      for (const [stem, share] of words) {
        const pairs = scores[stem] ?? [];
        for (let at = 0; at < pairs.length; at += 2)
          best.set(pairs[at], Math.max(best.get(pairs[at]) ?? 0, share * pairs[at + 1]));
      }
      const weight = Math.max(0, ...best.values());
      total += weight;
      for (const [page, score] of best) {
        sums.set(page, (sums.get(page) ?? 0) + score);
        had.set(page, (had.get(page) ?? 0) + weight);
      }
    }
    const score = (page) => sums.get(page) * (had.get(page) / total);
    return [...sums.keys()].sort((one, other) => score(other) - score(one) || one - other);
  };

  // The first screenful is shown with its excerpts at once, so that nothing moves; the others get
  // theirs just before they are seen.
  const FIRST = 6;
  const fill = new Map();
  const nearby = new IntersectionObserver(
    (seen) => seen.filter((one) => one.isIntersecting).forEach((one) => fill.get(one.target)()),
    { rootMargin: "50%" },
  );

  Search.rank = (text) => rank(things(text)).map((page) => Search._index.docnames[page]);

  Search.query = async (text) => {
    const wanted = things(text);
    const stems = new Set(wanted.flat().map(([stem]) => stem));
    const words = new Set(text.toLowerCase().match(/[\p{L}\p{N}_]+/gu));
    const { docnames, titles } = Search._index;
    const results = rank(wanted).map((page) => [
      docnames[page], titles[page], "", null, 0, "", SearchResultKind.text,
    ]);
    await Promise.all(results.slice(0, FIRST).map(load));
    for (const result of results) {
      _displayItem(result, stems, words);
      const item = Search.output.lastElementChild;
      const finish = () => {
        item.append(excerpt(result[0], stems));
        words.forEach((word) => _highlightText(item, word, "highlighted"));
      };
      fill.set(item, () => {
        nearby.unobserve(item);
        load(result).then(finish);
      });
      if (result[0] in TEXTS) finish();
      else nearby.observe(item);
    }
    _finishSearch(results.length);
  };
}
