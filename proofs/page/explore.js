"explore";
