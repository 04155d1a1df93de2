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

  // What an entry of the index leads to explains it: Sphinx would list it behind all others.
  const setIndex = Search.setIndex;
  Search.setIndex = (index) => {
    for (const places of Object.values(index.indexentries))
      for (const place of places) place[2] = true;
    setIndex(index);
  };

  // A page is listed once, at its best place; the best results come last.
  const search = Search._performSearch;
  Search._performSearch = (...query) => {
    const best = new Map();
    for (const result of search(...query)) {
      best.delete(result[0]);
      best.set(result[0], result);
    }
    return [...best.values()];
  };

  // The first screenful is shown with its excerpts at once, so that nothing moves; the others get
  // theirs just before they are seen.
  const FIRST = 6;
  const fill = new Map();
  const nearby = new IntersectionObserver(
    (seen) => seen.filter((one) => one.isIntersecting).forEach((one) => fill.get(one.target)()),
    { rootMargin: "50%" },
  );

  Search.query = async (text) => {
    // The pages write GIL; readers may not.
    const asked = text.replace(/(?<!\p{L})гил(а|у|ом|е)?(?!\p{L})/giu, "GIL");
    const parsed = Search._parseQuery(asked);
    const [, stems, , words] = parsed;
    const results = Search._performSearch(...parsed).reverse();
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
