/* A part of a page that is fetched again while it says that it may change. Without this the page shows what it knew. */
const EVERY_MS = 2000;

async function refresh(part) {
    if (document.hidden) return true;
    try {
        const answer = await fetch(part.dataset.live, { headers: { "X-Requested-With": "fetch" } });
        if (!answer.ok || answer.redirected) return false;
        part.innerHTML = await answer.text();
    } catch {
        return true; // the network comes back, or somebody closes the page
    }
    return part.querySelector("[data-is-live]") !== null;
}

document.addEventListener("DOMContentLoaded", () => {
    for (const part of document.querySelectorAll("[data-live]")) {
        const again = () => setTimeout(async () => (await refresh(part)) && again(), EVERY_MS);
        if (part.querySelector("[data-is-live]")) again();
    }
});
