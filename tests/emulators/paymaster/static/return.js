"use strict";
document.querySelector("form[data-return]").submit();
