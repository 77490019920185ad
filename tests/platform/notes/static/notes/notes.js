document.documentElement.dataset.notes = "here";
