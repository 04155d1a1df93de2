"use strict";
// The search runs when the page is parsed; this changes it just before.
document.addEventListener("DOMContentLoaded", () => {
  // Excerpts come from texts.js: a browser refuses to fetch pages from disk.
  window.fetch = async (url) => ({ text: async () => url });
  Search.htmlToText = (url) => TEXTS[url.replace(/^(\.\/)+|\.html$/g, "")] || " ";

  // Sphinx's Russian catalogue has no plural forms of this.
  const told = "Search finished, found one page matching the search query.";
  Documentation.TRANSLATIONS[told] = [
    "Найдена ${resultCount} страница.",
    "Найдены ${resultCount} страницы.",
    "Найдено ${resultCount} страниц.",
  ];

  // The pages write GIL; readers may not.
  const query = Search.query;
  Search.query = (text) => query(text.replace(/(?<!\p{L})гил(а|у|ом|е)?(?!\p{L})/giu, "GIL"));

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
});
