"""Countries with Odoo's ids, and the states of two of them.

The ids of Belgium (20) and the United States (233) are those of a recorded Odoo; the others follow its order.
"""

COUNTRIES: tuple[tuple[int, str, str, int], ...] = (
    (1, "AD", "Andorra", 376),
    (2, "AE", "United Arab Emirates", 971),
    (6, "AL", "Albania", 355),
    (7, "AM", "Armenia", 374),
    (10, "AR", "Argentina", 54),
    (12, "AT", "Austria", 43),
    (13, "AU", "Australia", 61),
    (16, "AZ", "Azerbaijan", 994),
    (17, "BA", "Bosnia and Herzegovina", 387),
    (19, "BD", "Bangladesh", 880),
    (20, "BE", "Belgium", 32),
    (22, "BG", "Bulgaria", 359),
    (29, "BO", "Bolivia", 591),
    (31, "BR", "Brazil", 55),
    (36, "BY", "Belarus", 375),
    (38, "CA", "Canada", 1),
    (43, "CH", "Switzerland", 41),
    (46, "CL", "Chile", 56),
    (48, "CN", "China", 86),
    (49, "CO", "Colombia", 57),
    (50, "CR", "Costa Rica", 506),
    (55, "CY", "Cyprus", 357),
    (56, "CZ", "Czech Republic", 420),
    (57, "DE", "Germany", 49),
    (59, "DK", "Denmark", 45),
    (61, "DO", "Dominican Republic", 1849),
    (62, "DZ", "Algeria", 213),
    (63, "EC", "Ecuador", 593),
    (64, "EE", "Estonia", 372),
    (65, "EG", "Egypt", 20),
    (68, "ES", "Spain", 34),
    (69, "ET", "Ethiopia", 251),
    (70, "FI", "Finland", 358),
    (75, "FR", "France", 33),
    (78, "GE", "Georgia", 995),
    (80, "GH", "Ghana", 233),
    (88, "GR", "Greece", 30),
    (94, "HK", "Hong Kong", 852),
    (97, "HR", "Croatia", 385),
    (99, "HU", "Hungary", 36),
    (100, "ID", "Indonesia", 62),
    (101, "IE", "Ireland", 353),
    (102, "IL", "Israel", 972),
    (104, "IN", "India", 91),
    (108, "IS", "Iceland", 354),
    (109, "IT", "Italy", 39),
    (112, "JO", "Jordan", 962),
    (113, "JP", "Japan", 81),
    (114, "KE", "Kenya", 254),
    (121, "KR", "South Korea", 82),
    (124, "KZ", "Kazakhstan", 7),
    (132, "LT", "Lithuania", 370),
    (133, "LU", "Luxembourg", 352),
    (134, "LV", "Latvia", 371),
    (136, "MA", "Morocco", 212),
    (138, "MD", "Moldova", 373),
    (139, "ME", "Montenegro", 382),
    (153, "MT", "Malta", 356),
    (156, "MX", "Mexico", 52),
    (157, "MY", "Malaysia", 60),
    (163, "NG", "Nigeria", 234),
    (165, "NL", "Netherlands", 31),
    (166, "NO", "Norway", 47),
    (171, "NZ", "New Zealand", 64),
    (174, "PE", "Peru", 51),
    (177, "PH", "Philippines", 63),
    (178, "PK", "Pakistan", 92),
    (179, "PL", "Poland", 48),
    (184, "PT", "Portugal", 351),
    (189, "RO", "Romania", 40),
    (192, "SA", "Saudi Arabia", 966),
    (196, "SE", "Sweden", 46),
    (197, "SG", "Singapore", 65),
    (199, "SI", "Slovenia", 386),
    (201, "SK", "Slovakia", 421),
    (217, "TH", "Thailand", 66),
    (222, "TN", "Tunisia", 216),
    (224, "TR", "Turkey", 90),
    (227, "TW", "Taiwan", 886),
    (229, "UA", "Ukraine", 380),
    (231, "GB", "United Kingdom", 44),
    (233, "US", "United States", 1),
    (234, "UY", "Uruguay", 598),
    (241, "VN", "Vietnam", 84),
    (247, "ZA", "South Africa", 27),
)

STATES: dict[str, str] = {
    "US": (
        "AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,"
        "DC District of Columbia,FL Florida,GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,"
        "KY Kentucky,LA Louisiana,ME Maine,MD Maryland,MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,"
        "MO Missouri,MT Montana,NE Nebraska,NV Nevada,NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,"
        "NC North Carolina,ND North Dakota,OH Ohio,OK Oklahoma,OR Oregon,PA Pennsylvania,RI Rhode Island,"
        "SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,VT Vermont,VA Virginia,WA Washington,"
        "WV West Virginia,WI Wisconsin,WY Wyoming"
    ),
    "CA": (
        "AB Alberta,BC British Columbia,MB Manitoba,NB New Brunswick,NL Newfoundland and Labrador,"
        "NS Nova Scotia,NT Northwest Territories,NU Nunavut,ON Ontario,PE Prince Edward Island,QC Quebec,"
        "SK Saskatchewan,YT Yukon"
    ),
}
