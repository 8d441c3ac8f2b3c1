/* Tells the hub in which time zone this computer is, for the times on its pages; one that was chosen there goes before. */
(function () {
  "use strict";

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const kept = `sync_browser_zone=${encodeURIComponent(zone || "")}`;
  if (!zone || document.cookie.split("; ").includes(kept)) return;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${kept}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
})();
