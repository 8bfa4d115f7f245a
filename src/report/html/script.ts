/** What moves in the report: all packets opened at once, and the bytes of the field that is pointed at lit up. Without it all is there. */
export const SCRIPT = `
for (const button of document.querySelectorAll('button[data-close]')) {
  const packets = () => button.closest('section').querySelectorAll('.ladder details');
  const [open, close] = [button.textContent, button.dataset.close];
  button.hidden = false;
  button.addEventListener('click', () => {
    const opens = button.textContent === open;
    for (const packet of packets()) packet.open = opens;
    button.textContent = opens ? close : open;
  });
}
const light = (event) => {
  const row = event.target.closest('tr[data-from]');
  for (const byte of document.querySelectorAll('.hex .lit')) byte.classList.remove('lit');
  if (row === null) return;
  const bytes = row.closest('.dissection').querySelectorAll('.hex i');
  for (let i = Number(row.dataset.from); i < Number(row.dataset.to); i++) bytes[i]?.classList.add('lit');
};
document.addEventListener('pointerover', light);
`;
