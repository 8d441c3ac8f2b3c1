/* Brings tabs back for which there is room.
 *
 * The theme moves tabs that do not fit into a menu, and with every resize of the window one of them back. A window
 * that is widened at once, or a page that was narrower while its fonts and styles loaded, would keep the rest hidden.
 */
(function () {
  "use strict";

  let isOurs = false;

  function settle() {
    const menu = document.getElementById("tabs-dropdown");
    if (!menu || isOurs) return;
    isOurs = true;
    let left = menu.childElementCount + 1;
    while (menu.childElementCount && menu.childElementCount < left) {
      left = menu.childElementCount;
      window.dispatchEvent(new Event("resize"));
    }
    isOurs = false;
  }

  window.addEventListener("resize", () => window.requestAnimationFrame(settle));
  window.addEventListener("load", () => {
    settle();
    if (document.fonts) document.fonts.ready.then(settle);
  });
})();
