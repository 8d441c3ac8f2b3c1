/* Buttons that copy the text of another element; shown only where they can. */
if (navigator.clipboard) {
    for (const button of document.querySelectorAll("[data-copies]")) {
        button.hidden = false;
        button.addEventListener("click", async () => {
            await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
            button.textContent = button.dataset.done;
        });
    }
}
