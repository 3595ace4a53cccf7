// Before anything is drawn: the theme that was chosen, if one was.
const theme = localStorage.getItem("ensue-theme");
if (theme) document.documentElement.dataset.theme = theme;
